"""Ableton Live sets: small ones of every generation written here, and what is known of real ones."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archivist.readers.ableton import READER, read, sniff
from archivist.readers.base import ReadError
from archivist.records import Marker, Plugin, ProjectInfo, SampleRef, TempoChange, Track
from tests.corpus import corpus
from tests.readers.live_sets import ALWAYS, chain, device, envelope, events, live_set, master, plugin, track

InfoOf = Callable[[str], ProjectInfo]


@pytest.fixture
def info_of(tmp_path: Path) -> InfoOf:
    """Reads a set from its XML."""

    def info_of(text: str) -> ProjectInfo:
        path = tmp_path / "Song.als"
        path.write_bytes(gzip.compress(text.encode()))
        assert sniff(path)
        return read(path)

    return info_of


def test_tracks_in_order_as_shown_with_the_master_last(info_of: InfoOf) -> None:
    muted = '<Speaker><Manual Value="false"/></Speaker>'
    tracks = (
        track("GroupTrack", "Drums")
        + track("AudioTrack", "1-Kick &amp; Snare", mixer=muted, freeze="true")
        + track("MidiTrack", "Clock")
        + track("MidiTrack", "Bass", devices=device("Operator"))
        + track("ReturnTrack", "A-Reverb", devices=device("Reverb") + device("Eq8", shown="Cut"))
    )
    info = info_of(live_set(tracks, master(devices=device("Limiter"))))
    assert info.tracks == (
        Track("Drums", "group"),
        Track("1-Kick & Snare", "audio", muted=True, frozen=True),
        Track("Clock", "midi"),
        Track("Bass", "instrument", devices=("Operator",)),
        Track("A-Reverb", "return", devices=("Reverb", "Cut")),
        Track("Main", "master", devices=("Limiter",)),
    )
    assert info.plugins == (
        Plugin("Operator", None, "builtin"),
        Plugin("Reverb", None, "builtin"),
        Plugin("EQ Eight", None, "builtin"),
        Plugin("Limiter", None, "builtin"),
    )


def test_racks_are_flattened_and_their_mixers_are_not_the_tracks(info_of: InfoOf) -> None:
    pad = device("InstrumentGroupDevice", chain(device("OriginalSimpler", shown="Kick"), "InstrumentBranch"))
    rack = device("DrumGroupDevice", chain(pad + device("Saturator"), "DrumBranch"), shown="Kit")
    info = info_of(live_set(track("MidiTrack", "Drums", devices=rack + device("StereoGain"))))
    devices = ("Kit", "Instrument Rack", "Kick", "Saturator", "Utility")
    assert info.tracks[0] == Track("Drums", "instrument", devices=devices)


# what the set holds: the plug-in read of it, and whether it makes a MIDI track an instrument
PLUGINS = {
    "vst2 of 9": (
        plugin("VstPluginInfo", '<FileName Value="Massive.dll"/><PlugName Value="Massive"/>'),
        Plugin("Massive", None, "vst2"),
        True,
    ),
    "vst2 effect": (
        plugin("VstPluginInfo", '<Path Value="C:/V/OTT.dll"/><PlugName Value="OTT"/><Category Value="1"/>'),
        Plugin("OTT", None, "vst2"),
        False,
    ),
    "vst2 without a name": (
        plugin("VstPluginInfo", '<Path Value="C:\\V\\Serum_x64.dll"/><PlugName Value=""/><Category Value="2"/>'),
        Plugin("Serum_x64", None, "vst2"),
        True,
    ),
    "vst3 instrument": (
        plugin("Vst3PluginInfo", '<Name Value="Pigments"/><Uid/><DeviceType Value="1"/>'),
        Plugin("Pigments", None, "vst3"),
        True,
    ),
    "vst3 effect": (
        plugin("Vst3PluginInfo", '<Name Value="Pro-Q 3"/><DeviceType Value="2"/>'),
        Plugin("Pro-Q 3", None, "vst3"),
        False,
    ),
    "audio unit": (
        plugin(
            "AuPluginInfo",
            '<Name Value="Kontakt"/><Manufacturer Value="Native Instruments"/><ComponentType Value="1635085685"/>',
            "AuPluginDevice",
        ),
        Plugin("Kontakt", "Native Instruments", "au"),
        True,
    ),
    "max for live": (
        device(
            "MxDeviceMidiEffect",
            '<PatchSlot><Value><MxDPatchRef Id="0"><FileRef><Path Value="C:/P/MPE Control.amxd"/></FileRef>'
            "</MxDPatchRef></Value></PatchSlot>",
        ),
        Plugin("MPE Control", None, "builtin"),
        False,
    ),
    "unknown to us": (device("DeviceOfTomorrow"), Plugin("DeviceOfTomorrow", None, "builtin"), False),
}


@pytest.mark.parametrize("what", PLUGINS)
def test_plugins(info_of: InfoOf, what: str) -> None:
    xml, expected, is_instrument = PLUGINS[what]
    info = info_of(live_set(track("MidiTrack", "One", devices=xml) + track("AudioTrack", "Two", devices=xml)))
    assert info.plugins == (Plugin(expected.name, expected.vendor, expected.format, count=2),)
    assert info.tracks[0].kind == ("instrument" if is_instrument else "midi")
    assert info.tracks[1].kind == "audio"


TEMPI = {
    "on the control": (master(tempo="93.5"), 93.5, []),
    "before 12": (master("MasterTrack", tempo="93.5"), 93.5, []),
    "automated, once": (master(envelopes=envelope("8", events("FloatEvent", (ALWAYS, 79)))), 79.0, []),
    "automated, stepping": (
        master(envelopes=envelope("8", events("FloatEvent", (ALWAYS, 79), (16, 79), (16, 90), (32, 100)))),
        79.0,
        [(16.0, 90.0), (32.0, 100.0)],
    ),
    "another parameter's": (master(envelopes=envelope("9", events("FloatEvent", (ALWAYS, 79)))), 120.0, []),
    "of Live 8": (
        "<MasterTrack><MasterChain><Mixer><Tempo><ArrangerAutomation><Events>"
        + events("FloatEvent", (ALWAYS, 128), (8, 64))
        + "</Events></ArrangerAutomation></Tempo></Mixer></MasterChain></MasterTrack>",
        128.0,
        [(8.0, 64.0)],
    ),
    "absurd": (master(tempo="1e300"), None, []),
}


@pytest.mark.parametrize("what", TEMPI)
def test_tempo(info_of: InfoOf, what: str) -> None:
    main, bpm, changes = TEMPI[what]
    info = info_of(live_set(main=main))
    assert info.bpm == bpm
    assert info.tempo_changes == tuple(TempoChange(at, "beats", to) for at, to in changes)
    assert info.unread == (() if bpm else ("bpm",))


SIGNATURES = {
    "201": "4/4",
    "200": "3/4",
    "302": "6/8",
    "99": "1/2",
    "494": "99/16",
    "495": None,
    "-1": None,
    "x": None,
}


@pytest.mark.parametrize("stored", SIGNATURES)
def test_time_signature(info_of: InfoOf, stored: str) -> None:
    assert info_of(live_set(main=master(signature=stored))).time_signature == SIGNATURES[stored]


def test_automation_of_the_signature_wins(info_of: InfoOf) -> None:
    envelopes = envelope("10", events("EnumEvent", (ALWAYS, 200), (640, 198)))
    assert info_of(live_set(main=master(envelopes=envelopes))).time_signature == "3/4"


SCALES = {  # in key, root, name: key, unread
    "no": ("false", '<Root Value="9"/><Name Value="1"/>', None, ()),
    "by number": ("true", '<Root Value="9"/><Name Value="1"/>', "A minor", ()),
    "by name": ("true", '<RootNote Value="1"/><Name Value="Major"/>', "C# major", ()),
    "no key": ("true", '<Root Value="2"/><Name Value="Dorian"/>', None, ("key",)),
    "a number not known": ("true", '<Root Value="2"/><Name Value="7"/>', None, ("key",)),
    "no root": ("true", '<Root Value="12"/><Name Value="0"/>', None, ("key",)),
}


@pytest.mark.parametrize("what", SCALES)
def test_key_only_where_it_is_switched_on(info_of: InfoOf, what: str) -> None:
    in_key, scale, key, unread = SCALES[what]
    more = f'<ScaleInformation>{scale}</ScaleInformation><InKey Value="{in_key}"/>'
    info = info_of(live_set(more=more))
    assert (info.key, info.unread) == (key, unread)


def test_version_markers_and_comment(info_of: InfoOf) -> None:
    more = """<Annotation Value="  mix&#10;again "/><Locators><Locators>
      <Locator Id="1"><Time Value="64"/><Name Value="Drop"/></Locator>
      <Locator Id="0"><Time Value="0"/><Name Value="Intro"/></Locator>
      <Locator Id="2"><Time Value="nan"/><Name Value="Nowhere"/></Locator></Locators></Locators>"""
    info = info_of(live_set(more=more, creator="Ableton Live 11.2.10b3"))
    assert (info.format, info.daw, info.daw_version) == ("ableton", "Ableton Live", "11.2.10b3")
    assert info.comment == "mix\nagain"
    assert info.markers == (Marker("Intro", 0.0, "beats"), Marker("Drop", 64.0, "beats"))


def clip(end: object, reference: str = "", kind: str = "AudioClip") -> str:
    return f'<{kind} Id="0" Time="0"><CurrentEnd Value="{end}"/>{reference}</{kind}>'


def test_length_of_the_arrangement_through_the_tempo_map(info_of: InfoOf) -> None:
    tracks = track("AudioTrack", "a", clips=clip(8)) + track(
        "MidiTrack", "b", clips=clip(16, kind="MidiClip"), lane="ClipTimeable"
    )
    assert info_of(live_set(tracks)).length_seconds == 8.0
    halved = master(envelopes=envelope("8", events("FloatEvent", (ALWAYS, 120), (8, 120), (8, 60))))
    assert info_of(live_set(tracks, halved)).length_seconds == 12.0
    assert info_of(live_set()).length_seconds is None


def file_ref(inside: str) -> str:
    preset = "<SourceContext><FileRef><Path Value='no.adv'/></FileRef></SourceContext>"
    return f"<SampleRef><FileRef>{inside}</FileRef>{preset}</SampleRef>"


def folders(*names: str) -> str:
    return "".join(f'<RelativePathElement Dir="{name}"/>' for name in names)


def relative(kind: int, path: str) -> str:
    return f'<RelativePathType Value="{kind}"/><RelativePath Value="{path}"/>'


SAMPLES = {
    "11, in the project": (
        relative(3, "Samples/a.wav") + '<Path Value="D:/X Project/Samples/a.wav"/>',
        SampleRef("D:/X Project/Samples/a.wav", "Samples/a.wav"),
    ),
    "11, beside it": (
        relative(1, "../b.wav") + '<Path Value="/Users/me/b.wav"/>',
        SampleRef("/Users/me/b.wav", "../b.wav"),
    ),
    "11, of the factory": (
        relative(5, "Samples/c.aif") + '<Path Value="/Applications/Live/c.aif"/>',
        SampleRef("/Applications/Live/c.aif", None, "unresolved"),
    ),
    "10, in the project": (
        f'<HasRelativePath Value="true"/><RelativePathType Value="3"/>'
        f'<RelativePath>{folders("Samples", "Recorded")}</RelativePath><Name Value="d.wav"/><Data>43003A00</Data>',
        SampleRef("Samples/Recorded/d.wav", "Samples/Recorded/d.wav"),
    ),
    "10, above it": (
        f'<RelativePathType Value="1"/><RelativePath>{folders("", "Loops")}</RelativePath><Name Value="e.wav"/>',
        SampleRef("../Loops/e.wav", "../Loops/e.wav"),
    ),
    "9, elsewhere": (
        '<HasRelativePath Value="false"/><RelativePathType Value="0"/><RelativePath/><Name Value="f.wav"/>'
        f"<SearchHint><PathHint>{folders('Users', 'me')}</PathHint></SearchHint>",
        SampleRef("/Users/me/f.wav"),
    ),
    "9, nowhere": ('<RelativePath/><Name Value="g.wav"/>', SampleRef("g.wav")),
}


@pytest.mark.parametrize("what", SAMPLES)
def test_a_sample_of_every_generation_once(info_of: InfoOf, what: str) -> None:
    stored, expected = SAMPLES[what]
    preset = device(
        "Reverb", "<LastPresetRef><Value><FileRef><Path Value='p.adv'/></FileRef></Value></LastPresetRef>"
    )
    simpler = device("OriginalSimpler", f"<Player><Part>{file_ref(stored)}</Part></Player>")
    tracks = track("AudioTrack", "a", clips=clip(4, file_ref(stored)), devices=preset) + track(
        "MidiTrack", "b", devices=simpler
    )
    assert info_of(live_set(tracks)).samples == (expected,)


def test_plain_xml_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "Song.als"
    path.write_text(live_set(track("AudioTrack", "a")), encoding="utf-8")
    assert sniff(path)
    assert [one.name for one in read(path).tracks] == ["a", "Main"]


NOT_SETS = {
    "a preset": "<Ableton><GroupDevicePreset/></Ableton>",
    "another program's": "<Session><LiveSet><Tracks/></LiveSet></Session>",
    "no tracks": "<Ableton><LiveSet/></Ableton>",
    "cut off": live_set(track("AudioTrack", "a"))[:-40],
    "nested": "<Ableton><LiveSet><Tracks>" + "<a>" * 300 + "</a>" * 300 + "</Tracks></LiveSet></Ableton>",
}


@pytest.mark.parametrize("what", NOT_SETS)
def test_what_is_no_set(tmp_path: Path, what: str) -> None:
    path = tmp_path / "Song.als"
    path.write_bytes(gzip.compress(NOT_SETS[what].encode()))
    with pytest.raises(ReadError):
        read(path)


def test_a_large_set_is_read_in_time(tmp_path: Path) -> None:
    """12 MB of device parameters, a third of the largest real set, which takes 0.9 s."""
    knob = '<Knob{0}><LomId Value="0"/><Manual Value="0.5"/><AutomationTarget Id="{0}"/></Knob{0}>'
    devices = device("Wide", "".join(knob.format(n) for n in range(1000)))
    text = live_set(track("AudioTrack", "a", devices=devices) * 120)
    path = tmp_path / "Song.als"
    path.write_bytes(gzip.compress(text.encode(), 1))
    started = time.process_time()
    info = READER.read(path)
    assert len(info.tracks) == 121
    assert time.process_time() - started < 2


REAL = {  # end of the name: version, bpm, signature, key, seconds, tracks, devices, samples, markers
    "skeletons_10.1.3.als": ("10.1.3", 174.0, "4/4", None, 320.0, 9, 13, 2, 11),
    "skeletons_11.0.12.als": ("11.0.12", 172.0, "4/4", None, 266.686, 9, 93, 10, 0),
    "skeletons_11.2.10b.als": ("11.2.10b3", 172.0, "4/4", None, None, 2, 0, 1, 0),
    "skeletons_11.3.42.als": ("11.3.42", 120.0, "4/4", None, None, 4, 3, 0, 0),
    "live_set_groups.als": ("12.0.15", 120.0, "4/4", "C major", None, 9, 2, 0, 0),
    "live-12-default.als": ("12.0.5d1", 120.0, "4/4", "C major", None, 7, 2, 0, 0),
    "live_set_routing.als": ("12.0.15", 120.0, "4/4", "C major", None, 9, 7, 0, 0),
    "live_set_sends.als": ("12.0.20", 120.0, "4/4", "C major", None, 5, 2, 0, 0),
    "DefaultLiveSet.als": ("12.1d1", 120.0, "4/4", "C major", None, 7, 2, 0, 0),
    "test_evasiva.als": ("11.3.3", 180.0, "4/4", None, 213.333, 7, 65, 47, 0),
    "test_test.als": ("11.1.5", 180.0, "4/4", None, 218.667, 7, 65, 47, 0),
}


@pytest.mark.parametrize("ending", REAL)
def test_real_sets(ending: str) -> None:
    (path,) = (path for path in corpus("daw", "als").iterdir() if path.name.endswith(ending))
    info = read(path)
    assert (
        info.daw_version,
        info.bpm,
        info.time_signature,
        info.key,
        info.length_seconds and round(info.length_seconds, 3),
        len(info.tracks),
        sum(plugin.count for plugin in info.plugins),
        len(info.samples),
        len(info.markers),
    ) == REAL[ending]
    assert sum(len(track.devices) for track in info.tracks) == sum(plugin.count for plugin in info.plugins)
    assert info.status == "ok"

"""DAWprojects: small ones written here, with what the schema allows beyond the real ones at hand."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from archivist.readers import read_project
from archivist.readers.base import ReadError
from archivist.readers.dawproject import read, sniff
from archivist.records import Marker, Plugin, SampleRef, TempoChange, Track
from tests.corpus import corpus

TRANSPORT = (
    '<Transport><Tempo unit="bpm" value="120.0"/><TimeSignature numerator="7" denominator="8"/></Transport>'
)

STRUCTURE = """<Structure>
  <Track contentType="tracks" name="Band"><Channel role="master"/>
    <Track contentType="notes" name="Bass"><Channel role="regular"><Devices>
      <Vst3Plugin deviceName="Serum 2" deviceVendor="Xfer Records" deviceRole="instrument" name="Sub"/>
      <Equalizer deviceName="EQ+" deviceRole="audioFX"/></Devices><Mute value="true"/></Channel></Track>
    <Track contentType="notes" name="Clock"><Channel role="regular"><Devices>
      <Vst2Plugin deviceName="Cthulhu" deviceRole="noteFX"/></Devices></Channel></Track>
    <Track contentType="audio notes" name="Vox &amp; more"><Channel role="regular"><Devices>
      <ClapPlugin deviceName="Surge XT" deviceRole="instrument"/>
      <AuPlugin deviceName="AUDelay" deviceRole="audioFX"/>
      <Vst3Plugin deviceName="Serum 2" deviceVendor="Xfer Records" deviceRole="instrument"/>
      </Devices></Channel></Track>
  </Track>
  <Track contentType="tracks" name="Group"><Channel role="regular"/><Track contentType="audio" name="Gtr"/></Track>
  <Track contentType="markers" name="Marks"/><Track contentType="automation" name="Auto"/>
  <Track contentType="video" name="Film"/>
  <Track contentType="audio" name="Space"><Channel role="effect"/></Track>
  <Track contentType="audio" name="Sum"><Channel role="submix"/></Track>
  <Channel role="master" name="Out"/></Structure>"""

ARRANGEMENT = """<Arrangement><Lanes timeUnit="beats">
    <Lanes track="a"><Clips><Clip time="4" duration="8"><Clips><Clip time="1000" duration="1"/></Clips>
      <Markers><Marker time="1" name="of the clip"/></Markers></Clip></Clips></Lanes>
    <Lanes track="b" timeUnit="seconds"><Clips><Clip time="1" duration="4">
      <Audio sampleRate="44100" duration="4"><File path="audio/in.wav"/></Audio></Clip>
      <Clip time="0" duration="1"><Audio><File path="/Volumes/X/out.wav" external="true"/></Audio></Clip>
      <Clip time="0" duration="1"><Audio><File path="audio/lost.wav"/></Audio></Clip>
      <Clip time="0" duration="1"><Audio><File path="audio/in.wav"/></Audio></Clip></Clips></Lanes></Lanes>
  <Markers><Marker time="32" name="Chorus"/><Marker time="0" name="Intro"/></Markers>
  {more}</Arrangement>"""

METADATA = (
    "<MetaData><Title>Canon</Title><Artist> A. Author </Artist><Year/><Comment>first\nsecond</Comment></MetaData>"
)


def write(path: Path, project: str, metadata: str | None = METADATA, application: str = "Bitwig Studio") -> Path:
    text = f'<Project version="1.0"><Application name="{application}" version="5.1"/>{project}</Project>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.xml", text)
        if metadata is not None:
            archive.writestr("metadata.xml", metadata)
        archive.writestr("audio/in.wav", b"RIFF")
        archive.writestr("../../evil.wav", b"RIFF")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Song.dawproject"


def test_all_that_the_format_stores(path: Path) -> None:
    write(path, TRANSPORT + STRUCTURE + ARRANGEMENT.format(more=""))
    assert sniff(path)
    info = read(path)
    assert (info.format, info.daw, info.daw_version) == ("dawproject", "Bitwig Studio", "5.1")
    assert (info.bpm, info.tempo_changes, info.time_signature) == (120.0, (), "7/8")
    assert (info.title, info.author, info.comment) == ("Canon", "A. Author", "first\nsecond")
    assert info.length_seconds == 6.0  # 12 beats at 120, past 5 seconds
    assert info.markers == (Marker("Intro", 0.0, "beats"), Marker("Chorus", 32.0, "beats"))
    assert info.samples == (
        SampleRef("audio/in.wav", status="found"),
        SampleRef("/Volumes/X/out.wav"),
        SampleRef("audio/lost.wav", status="missing"),
    )
    assert (info.key, info.sample_rate, info.status) == (None, None, "ok")


def test_tracks_and_plugins(path: Path) -> None:
    info = read(write(path, TRANSPORT + STRUCTURE))
    assert info.tracks == (
        Track("Band", "master"),
        Track("Bass", "instrument", muted=True, devices=("Sub", "EQ+")),
        Track("Clock", "midi", devices=("Cthulhu",)),
        Track("Vox & more", "instrument", devices=("Surge XT", "AUDelay", "Serum 2")),
        Track("Group", "group"),
        Track("Gtr", "audio"),
        Track("Marks", "marker"),
        Track("Auto", "automation"),
        Track("Film", "other"),
        Track("Space", "return"),
        Track("Sum", "bus"),
        Track("Out", "master"),
    )
    assert info.plugins == (
        Plugin("Serum 2", "Xfer Records", "vst3", 2),
        Plugin("EQ+", None, "builtin"),
        Plugin("Cthulhu", None, "vst2"),
        Plugin("Surge XT", None, "clap"),
        Plugin("AUDelay", None, "au"),
    )


def points(unit: str, *values: tuple[float, float, str]) -> str:
    inside = "".join(f'<RealPoint time="{at}" value="{bpm}" interpolation="{how}"/>' for at, bpm, how in values)
    return f'<TempoAutomation timeUnit="{unit}">{inside}</TempoAutomation>'


TEMPI = {  # points: bpm, changes, length of 12 beats, unread
    "steps": (points("beats", (0, 60, "hold"), (6, 120, "hold")), 60.0, ((6.0, 120.0),), 9.0, ()),
    "a ramp": (points("beats", (0, 60, "linear"), (12, 120, "hold")), 60.0, ((12.0, 120.0),), 8.318, ()),
    "in seconds": (points("seconds", (0, 60, "hold")), 120.0, (), 6.0, ("tempo_changes",)),
    "absurd": (points("beats", (0, 0, "hold")), 120.0, (), 6.0, ()),
}


@pytest.mark.parametrize("what", TEMPI)
def test_tempo_automation(path: Path, what: str) -> None:
    more, bpm, changes, seconds, unread = TEMPI[what]
    info = read(write(path, TRANSPORT + ARRANGEMENT.format(more=more)))
    assert info.bpm == bpm
    assert info.tempo_changes == tuple(TempoChange(at, "beats", to) for at, to in changes)
    assert info.length_seconds == pytest.approx(seconds, abs=1e-3)
    assert info.unread == unread


def test_next_to_nothing_is_a_project_too(path: Path) -> None:
    info = read(write(path, "", metadata=None, application="Studio One"))
    assert (info.daw, info.bpm, info.time_signature, info.length_seconds) == ("Studio One", None, None, None)
    assert (info.tracks, info.samples, info.title) == ((), (), None)


def test_the_signature_may_come_from_the_arrangement_alone(path: Path) -> None:
    point = '<TimeSignaturePoint time="0" numerator="3" denominator="4"/>'
    more = f"<TimeSignatureAutomation>{point}</TimeSignatureAutomation>"
    assert read(write(path, ARRANGEMENT.format(more=more))).time_signature == "3/4"


def test_external_files_are_looked_for_beside_it(path: Path) -> None:
    write(path, ARRANGEMENT.format(more="").replace("/Volumes/X/out.wav", "stems/out.wav"))
    assert [sample.status for sample in read_project(path).samples] == ["found", "missing", "missing"]
    (path.parent / "stems").mkdir()
    (path.parent / "stems" / "out.wav").write_bytes(b"RIFF")
    assert [sample.status for sample in read_project(path).samples] == ["found", "found", "missing"]


def test_what_is_no_dawproject(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.xml", "<Project/>")
    with pytest.raises(ReadError, match="Application"):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("song.xml", "<Song/>")
    assert not sniff(path)
    with pytest.raises(ReadError, match=r"project\.xml"):
        read(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_the_common_compressions_are_unpacked(path: Path, method: int) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("project.xml", "<Project><Application/></Project>")
    with pytest.raises(ReadError, match=r"no readable project\.xml"):
        read(path)


REAL = {"tests_canon.dawproject": "found", "copied_canon.dawproject": "missing"}  # the status of its sample


@pytest.mark.parametrize("ending", REAL)
def test_real_projects(ending: str) -> None:
    (path,) = (path for path in corpus("daw", "dawproject").iterdir() if path.name.endswith(ending))
    info = read(path)
    assert (info.daw_version, info.bpm, info.time_signature, info.length_seconds) == ("5.1.6", 150.0, "4/4", 19.2)
    assert [track.kind for track in info.tracks] == ["instrument", "audio", "return", "master"]
    assert info.plugins == (Plugin("Sampler", None, "builtin"),)
    assert [sample.status for sample in info.samples] == [REAL[ending]]

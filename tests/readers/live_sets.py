"""Small Ableton Live sets, written element by element as Live nests them."""

from __future__ import annotations

ALWAYS = "-63072000"  # the time of the event that stands for "from the beginning"


def track(kind: str, name: str, devices: str = "", clips: str = "", lane: str = "Sample", **more: str) -> str:
    """A track; `more` may hold its mixer and freeze. What lies about in it that is not read says "no" or 999."""
    mixer = more.get("mixer", '<Speaker><Manual Value="true"/></Speaker>')
    comping = '<Events><AudioClip Time="900"><CurrentEnd Value="999"/></AudioClip></Events>'
    return f"""<{kind} Id="1">
      <Name><EffectiveName Value="{name}"/><UserName Value=""/><Annotation Value="no"/></Name>
      <Freeze Value="{more.get("freeze", "false")}"/>
      <TakeLanes><TakeLanes><TakeLane><ClipAutomation>{comping}</ClipAutomation></TakeLane></TakeLanes></TakeLanes>
      <DeviceChain><Mixer>{mixer}</Mixer>
        <MainSequencer>
          <{lane}><ArrangerAutomation><Events>{clips}</Events></ArrangerAutomation></{lane}></MainSequencer>
        <FreezeSequencer><Sample><ArrangerAutomation>{comping}</ArrangerAutomation></Sample></FreezeSequencer>
        <DeviceChain><Devices>{devices}</Devices></DeviceChain></DeviceChain></{kind}>"""


def device(name: str, inside: str = "", shown: str = "") -> str:
    return f'<{name} Id="0"><On><Manual Value="true"/></On><UserName Value="{shown}"/>{inside}</{name}>'


def plugin(info: str, inside: str, kind: str = "PluginDevice") -> str:
    return device(
        kind, f'<PluginDesc><{info} Id="0">{inside}<Preset><Name Value="no"/></Preset></{info}></PluginDesc>'
    )


def chain(devices: str, branch: str) -> str:
    """The inside of a rack; its mixer is not the track's."""
    return f"""<Branches><{branch}><Name><EffectiveName Value="no"/></Name><DeviceChain>
      <MidiToAudioDeviceChain><Devices>{devices}</Devices></MidiToAudioDeviceChain></DeviceChain>
      <MixerDevice><Speaker><Manual Value="false"/></Speaker></MixerDevice></{branch}></Branches>"""


def events(kind: str, *points: tuple[object, object]) -> str:
    return "".join(f'<{kind} Id="0" Time="{at}" Value="{value}"/>' for at, value in points)


def master(
    tag: str = "MainTrack", tempo: str = "120", signature: str = "201", envelopes: str = "", devices: str = ""
) -> str:
    return f"""<{tag}><Name><EffectiveName Value="{tag[:-5]}"/></Name>
      <AutomationEnvelopes><Envelopes>{envelopes}</Envelopes></AutomationEnvelopes>
      <DeviceChain><Mixer>
        <Tempo><Manual Value="{tempo}"/><AutomationTarget Id="8"/></Tempo>
        <TimeSignature><Manual Value="{signature}"/><AutomationTarget Id="10"/></TimeSignature>
        <Speaker><Manual Value="true"/></Speaker></Mixer>
        <DeviceChain><Devices>{devices}</Devices></DeviceChain></DeviceChain></{tag}>"""


def envelope(target: str, automation: str) -> str:
    return f"""<AutomationEnvelope Id="0"><EnvelopeTarget><PointeeId Value="{target}"/></EnvelopeTarget>
      <Automation><Events>{automation}</Events></Automation></AutomationEnvelope>"""


def live_set(tracks: str = "", main: str = "", more: str = "", creator: str = "Ableton Live 12.1.1") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
      <Ableton MajorVersion="5" Creator="{creator}"><LiveSet><Tracks>{tracks}</Tracks>{main or master()}
      <Scenes><Scene><Tempo Value="99"/></Scene></Scenes>{more}</LiveSet></Ableton>"""

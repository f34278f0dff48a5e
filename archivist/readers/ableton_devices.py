"""Ableton Live's own devices: the class names that sets store, and the names that Live shows."""

from __future__ import annotations

INSTRUMENTS = frozenset(
    {
        "Collision",
        "Drift",
        "DrumCell",
        "DrumGroupDevice",
        "InstrumentGroupDevice",
        "InstrumentImpulse",
        "InstrumentMeld",
        "InstrumentVector",
        "LoungeLizard",
        "MultiSampler",
        "MxDeviceInstrument",
        "Operator",
        "OriginalSimpler",
        "ProxyInstrumentDevice",
        "StringStudio",
        "UltraAnalog",
    }
)
"""Classes that turn notes into sound."""

_SHOWN = {
    "AudioEffectGroupDevice": "Audio Effect Rack",
    "AutoFilter": "Auto Filter",
    "AutoFilter2": "Auto Filter",
    "AutoPan": "Auto Pan",
    "BeatRepeat": "Beat Repeat",
    "ChannelEq": "Channel EQ",
    "Chorus2": "Chorus-Ensemble",
    "Compressor2": "Compressor",
    "CrossDelay": "Simple Delay",
    "DrumBuss": "Drum Buss",
    "DrumCell": "Drum Sampler",
    "DrumGroupDevice": "Drum Rack",
    "Eq8": "EQ Eight",
    "FilterDelay": "Filter Delay",
    "FilterEQ3": "EQ Three",
    "FrequencyShifter": "Frequency Shifter",
    "GlueCompressor": "Glue Compressor",
    "GrainDelay": "Grain Delay",
    "Hybrid": "Hybrid Reverb",
    "InstrumentGroupDevice": "Instrument Rack",
    "InstrumentImpulse": "Impulse",
    "InstrumentMeld": "Meld",
    "InstrumentVector": "Wavetable",
    "LoungeLizard": "Electric",
    "MidiArpeggiator": "Arpeggiator",
    "MidiChord": "Chord",
    "MidiEffectGroupDevice": "MIDI Effect Rack",
    "MidiNoteLength": "Note Length",
    "MidiPitcher": "Pitch",
    "MidiRandom": "Random",
    "MidiScale": "Scale",
    "MidiVelocity": "Velocity",
    "MultiSampler": "Sampler",
    "MultibandDynamics": "Multiband Dynamics",
    "MxDeviceAudioEffect": "Max Audio Effect",
    "MxDeviceInstrument": "Max Instrument",
    "MxDeviceMidiEffect": "Max MIDI Effect",
    "OriginalSimpler": "Simpler",
    "PhaserNew": "Phaser-Flanger",
    "PingPongDelay": "Ping Pong Delay",
    "ProxyAudioEffectDevice": "External Audio Effect",
    "ProxyInstrumentDevice": "External Instrument",
    "Redux2": "Redux",
    "Resonator": "Resonators",
    "Spectral": "Spectral Time",
    "SpectrumAnalyzer": "Spectrum",
    "StereoGain": "Utility",
    "StringStudio": "Tension",
    "Transmute": "Spectral Resonator",
    "Tube": "Dynamic Tube",
    "UltraAnalog": "Analog",
    "Vinyl": "Vinyl Distortion",
}


def device_name(class_name: str) -> str:
    """The name that Live shows for a class; the class's own where they are the same, or unknown.

    >>> device_name("Eq8"), device_name("Reverb")
    ('EQ Eight', 'Reverb')
    """
    return _SHOWN.get(class_name, class_name)

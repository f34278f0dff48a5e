"""How the numbers and weights that the taggers ship were made: runnable from the data that each names.

One command makes each anew (see taggers.training.__main__):

    python -m taggers.training timbre --audio AUDIO --teacher FILE --work FOLDER
    python -m taggers.training kind --audio AUDIO --work FOLDER
    python -m taggers.training tempo --audio AUDIO --work FOLDER
    python -m taggers.training chords --audio AUDIO --work FOLDER

AUDIO is `../shared/audio`, the labelled sounds, FILE `../shared/teachers/yamnet_spectra_in.tflite`. They need
`pip install studio-archivist[training]`; the clips that `timbre` and `chords` render need these Debian packages:

    apt install fluidsynth musescore-general-soundfont-small timgm6mb-soundfont minuet-data csound-soundfont \\
        fluid-soundfont-gm avldrums.lv2-soundfont lmms lmms-common zynaddsubfx-data flite espeak-ng festival \\
        festvox-kallpc16k festvox-us-slt-hts festvox-italp16k sox

and `tempo` learns from these too: see taggers.training.pieces.

    apt install openmpt123 fretsonfire-songs-muldjord fretsonfire-songs-sectoid rafkill-data freedroid-data \\
        monsterz-data heroes-sound-tracks madbomber-data
"""

"""Songs that are composed to learn tempo from: their tempo must be what it is said to be."""

from __future__ import annotations

import random

import numpy as np
import pytest

from taggers.training.render import songs
from taggers.training.render.grooves import GENRES


@pytest.mark.parametrize("name", GENRES)
def test_the_rows_of_a_genre_are_bars_of_one_length(name: str) -> None:
    genre = GENRES[name]
    rows = [row for groove in genre.drums for row in groove.values()]
    rows += [row for row in (*genre.bass, *genre.chords, *genre.lead) if row]
    assert {len(row) for row in rows} <= {4 * genre.beat, 16, 12}
    assert all(set(row) <= set("xo.-") for row in rows)
    assert len({len(row) for groove in genre.drums for row in groove.values()}) <= 1


def test_a_song_lies_on_the_grid_of_its_tempo() -> None:
    rng = random.Random(3)
    found = [songs.compose(rng) for _ in range(60)]
    assert len({song.genre for song in found}) > 20
    for song in found:
        genre = GENRES[song.genre]
        assert genre.tempi[0] - 0.5 <= song.bpm <= genre.tempi[1] + 0.5
        step = 60 / song.bpm / genre.beat
        starts = [time for time, order, _ in song.events if order == 5] + [time for time, _, _ in song.hits]
        if starts:
            away = np.abs((np.array(starts) - 0.1) / step - np.round((np.array(starts) - 0.1) / step))
            assert np.median(away) < 0.35  # swing and a loose hand are all that moves a note
            assert max(starts) < song.seconds + 0.2

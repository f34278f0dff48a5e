"""How well and how fast tempo, key, instrument and kind are heard, beside other programs, where truth is known.

`truth` reads what is known, `programs` hear, `listening` runs them in a worker process, `measures` compares one
answer with the truth, `figures` sums up; `consistency` asks whether answers follow a song that `shifts` play
faster and higher. `run` puts it together. Nothing here writes to the user's archive.
"""

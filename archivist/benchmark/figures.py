"""How good each program was: the figures of one field over all files, or over one group of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archivist.benchmark import measures
from archivist.benchmark.programs import Answer, Heard, Listening, tells
from archivist.benchmark.truth import FIELDS, Truth, Value

Hearings = Mapping[Listening, Heard]


@dataclass(frozen=True, slots=True)
class Share:
    """A share or mean score of `of` files, 0 to 1, and between what it lies with 95 % confidence."""

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one program and field, in the order that scripts see. Where nothing is measured it is None.

    Over the files for which the field has a value: exact, near (tempo: octave-tolerant; key: MIREX score), fine
    (tempo within 0.1), with silence and failure counted as wrong; right_of_answered; ratios, of answered tempi,
    said over true; confident, the answers with 0.8 and more, and wrong_confident of them. said_of_none: how many
    answers there were where the truth is that there is none, of `none` files. Time is of the whole program on one
    core, all that it tells together.
    """

    program: str
    field: str
    group: str
    files: int
    failed: int
    abstained: float | None
    exact: Share | None
    near: Share | None
    fine: Share | None
    right_of_answered: float | None
    ratios: dict[str, int]
    confident: int | None
    wrong_confident: int | None
    calibration_error: float | None
    none: int
    said_of_none: int
    seconds_per_file: float | None
    times_real_time: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer judged. near and fine are None for fields without such a measure."""

    right: bool
    near: float | None = None
    fine: bool | None = None
    ratio: str | None = None


def judge(name: str, true: Value, answer: Answer | None) -> Verdict:
    """What an answer, or none, is worth."""
    said = None if answer is None else answer.value
    if name == "bpm":
        if said is None:
            return Verdict(False, 0.0, False)
        ratio = measures.tempo_ratio(_number(true), _number(said))
        fine = abs(_number(true) - _number(said)) <= measures.FINE
        return Verdict(ratio == 1, float(ratio is not None), fine, "other" if ratio is None else str(ratio))
    if name == "key":
        return Verdict(said == true, 0.0 if said is None else measures.key_score(str(true), str(said)))
    if isinstance(true, frozenset):
        return Verdict(said is not None and measures.plays(true, str(said)))
    return Verdict(said == true)


def _number(value: Value) -> float:
    assert not isinstance(value, str | frozenset)
    return float(value)


def summed_up(truths: Sequence[Truth], heard: Hearings) -> Iterator[Figures]:
    """Field by field, all files first and then each group, each program that tells the field."""
    programs = list(dict.fromkeys(job.program for job in heard))
    lengths = {job.path: one.duration for job, one in heard.items() if one.duration and not job.semitones}
    groups = sorted({truth.group for truth in truths})
    for name in FIELDS:
        for group in [None, *groups] if groups != [""] else [None]:
            asked = [one for one in truths if name in one.values and group in (None, one.group)]
            for program in programs:
                if asked and tells(program, name):
                    yield _figures(program, name, group or "", asked, heard, lengths)


def _figures(
    program: str, name: str, group: str, truths: Sequence[Truth], heard: Hearings, lengths: Mapping[str, float]
) -> Figures:
    known: list[tuple[Value, Answer | None]] = []
    none = said_of_none = failed = 0
    times: dict[str, Heard] = {}
    for truth in truths:
        hearing = heard.get(Listening(program, str(truth.path)))
        if hearing is None:
            continue
        answer, true = hearing.answers.get(name), truth.values[name]
        failed += hearing.error is not None
        if hearing.error is None:
            times[str(truth.path)] = hearing
        if true is None:
            none += 1
            said_of_none += answer is not None
        else:
            known.append((true, answer))
    verdicts = [judge(name, true, answer) for true, answer in known]
    answered = [(answer, verdict) for (_, answer), verdict in zip(known, verdicts, strict=True) if answer]
    sure = [(a.confidence, v.right) for a, v in answered if a.confidence is not None]
    confident = [right for confidence, right in sure if confidence >= measures.CONFIDENT]
    error = measures.calibration_error([one for one, _ in sure], [right for _, right in sure])
    seconds = sum(one.seconds for one in times.values())
    lasting = sum(lengths.get(path, 0.0) for path in times)
    return Figures(
        program,
        name,
        group,
        files=len(known),
        failed=failed,
        abstained=_rounded(1 - len(answered) / len(known)) if known else None,
        exact=share(verdict.right for verdict in verdicts),
        near=share(verdict.near for verdict in verdicts),
        fine=share(verdict.fine for verdict in verdicts),
        right_of_answered=_rounded(sum(v.right for _, v in answered) / len(answered)) if answered else None,
        ratios=dict(Counter(verdict.ratio for verdict in verdicts if verdict.ratio).most_common()),
        confident=len(confident) if sure else None,
        wrong_confident=confident.count(False) if sure else None,
        calibration_error=None if error is None else _rounded(error),
        none=none,
        said_of_none=said_of_none,
        seconds_per_file=_rounded(seconds / len(times)) if seconds else None,
        times_real_time=_rounded(lasting / seconds) if seconds and lasting else None,
    )


def share(scores: Iterable[float | None]) -> Share | None:
    """Their mean, without those that are None; None where nothing is left."""
    measured = [float(score) for score in scores if score is not None]
    if not measured:
        return None
    low, high = measures.interval(measured)
    return Share(_rounded(sum(measured) / len(measured)), _rounded(low), _rounded(high), len(measured))


def _rounded(value: float) -> float:
    return round(value, 4)

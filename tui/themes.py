"""The dark and the light theme. Beside Textual's own colours they name $quiet, for what only accompanies."""

from __future__ import annotations

from textual.theme import Theme

# Few colours, far apart in lightness, so that they stay apart in 256 colours and in shades of grey.
DARK = Theme(
    name="archivist-dark",
    dark=True,
    background="#15171b",
    surface="#1b1e23",
    panel="#262a31",
    foreground="#d8dae0",
    primary="#e0a458",
    secondary="#7fb0c8",
    accent="#e0a458",
    success="#9ec27f",
    warning="#e3b85c",
    error="#e07a70",
    variables={"quiet": "#8d929c", "footer-key-foreground": "#e0a458", "footer-background": "#1b1e23"},
)
LIGHT = Theme(
    name="archivist-light",
    dark=False,
    background="#faf9f6",
    surface="#f2f0eb",
    panel="#e4e1d9",
    foreground="#26282c",
    primary="#94530a",
    secondary="#1f5f80",
    accent="#94530a",
    success="#3c6b1f",
    warning="#8a5a00",
    error="#a8281e",
    variables={"quiet": "#6d6a63", "footer-key-foreground": "#94530a", "footer-background": "#f2f0eb"},
)

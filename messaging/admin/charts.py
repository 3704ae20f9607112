"""Bars as SVG, drawn by the server: no script, no inline style."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, GAP = 640, 96, 1


def bars(values: Sequence[tuple[str, int]], label: str) -> SafeString:
    """One bar a value, the oldest first; each says what it is when pointed at, and `label` says what all are."""
    most = max((count for _, count in values), default=0) or 1
    step = WIDTH / max(1, len(values))
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        [
            (
                round(number * step, 2),
                round(HEIGHT * (1 - count / most), 2),
                round(max(step - GAP, 0.5), 2),
                round(HEIGHT * count / most, 2),
                f"{name}: {count}",
            )
            for number, (name, count) in enumerate(values)
        ],
    )
    return format_html(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}'
        '<line x1="0" y1="{}" x2="{}" y2="{}"></line></svg>',
        label,
        WIDTH,
        HEIGHT + 1,
        drawn,
        HEIGHT + 0.5,
        WIDTH,
        HEIGHT + 0.5,
    )

"""The list in each programme's README of what is added by configuration and not by the notice; made from its manifest.

python -m tests.requirements.added        writes the lists anew
"""

from __future__ import annotations

from pathlib import Path

from service.programmes.defaults import lines
from service.programmes.manifest import read_manifest
from service.settings import ROOT

BEGINS = "## 由配置补充、通知没有写的全部默认值"
SAYS = (
    "主管机关可以更改；页面上用到时标明“由配置补充，通知未写”，“现行规则”里全部列出。"
    "由清单生成：`python -m tests.requirements.added`。"
)
KEYS = sorted(path.parent.name for path in ROOT.glob("bpmn/*/programme.toml"))


def readme(key: str) -> Path:
    """Where the programme's README stands."""
    return ROOT / "bpmn" / key / "README.md"


def whole(key: str) -> str:
    """The README as it must be: what stands before the list is its author's."""
    text = readme(key).read_text(encoding="utf-8")
    manifest = read_manifest((ROOT / "bpmn" / key / "programme.toml").read_bytes(), file=f"bpmn/{key}/programme.toml")
    own = text.partition(f"\n{BEGINS}\n")[0].rstrip("\n")
    return "\n".join([own, "", BEGINS, "", SAYS, "", *lines(manifest), ""])


if __name__ == "__main__":
    for programme in KEYS:
        readme(programme).write_text(whole(programme), encoding="utf-8")

"""The workflows as GitHub reads them, and a repository that their shell is run in."""

import os
import subprocess
from pathlib import Path

import yaml
from children import LIMIT

ROOT = Path(__file__).parents[1]
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
STUB = """#!/usr/bin/env bash
printf '%s\\0' "$@" >> "$STUB_LOG"
printf '\\0' >> "$STUB_LOG"
case "$1" in
  validate) echo "validated"; exit "${STUB_VALIDATE:-0}" ;;
  submit) exit "${STUB_SUBMIT:-0}" ;;
  rows) echo 'the row `of` it' ;;
esac
"""


def workflow(name: str) -> dict:
    """A workflow as GitHub reads it; YAML 1.1 takes the key `on` for true."""
    loaded = yaml.safe_load(WORKFLOWS[name].read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in loaded.items()}


def steps(name: str) -> list[dict]:
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


def script(name: str, step: str) -> str:
    (found,) = (each["run"] for each in steps(name) if each.get("name") == step)
    return found


class Clone:
    """A repository with a base commit and a submission on top, where a workflow's steps are run."""

    def __init__(self, folder: Path) -> None:
        self.root, self.temp, bin = folder / "submission", folder / "temp", folder / "bin"
        for path in (self.root, self.temp, bin):
            path.mkdir()
        for name, text in {"mixbench": STUB}.items():
            (bin / name).write_text(text)
            (bin / name).chmod(0o755)
        self.bin, self.log, self.summary, self.output = (bin, *(folder / name for name in ("log", "summary", "output")))
        self.git("init", "-q", "-b", "main")
        self.write("README.md", "old")
        self.write("leaderboards/README.md", "rules")
        self.write("leaderboards/digits/claims/old.json", "{}")
        self.write("leaderboards/digits/claims/old.npz", "x")
        self.write("leaderboards/digits/records/old.json", "{}")
        self.write("leaderboards/digits/records/old.npz", "x")
        self.write("leaderboards/digits/board.md", "old")
        self.base = self.commit()

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def run(self, step: str, workflow: str = "submission", **environment: str) -> subprocess.CompletedProcess:
        """Run a step as GitHub does."""
        place = {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "RUNNER_TEMP": str(self.temp), "STUB_LOG": str(self.log),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.output), "BASE": self.base, "AUTHOR": "NONE", "HOME": str(self.temp),
        }  # fmt: skip
        file = self.temp / "step.sh"
        file.write_text(script(workflow, step))
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", file], cwd=self.root, env={**place, **environment},
            capture_output=True, text=True, timeout=LIMIT,
        )  # fmt: skip

    def calls(self) -> list[list[str]]:
        if not self.log.exists():
            return []
        return [call.split("\0") for call in self.log.read_text().split("\0\0") if call]

    def kept(self, name: str) -> str:
        return (self.temp / name).read_text()

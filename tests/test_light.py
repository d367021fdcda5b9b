"""Quick to start: what is imported, counted in modules and never in seconds."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "langchain",
    "langchain_core",
    "chromadb",
    "openai",
    "numpy",
    "sympy",
    "RestrictedPython",
    "xllamacpp",
    "rich",
    "huggingface_hub",
    "httpx2",
    "tenacity",
    "filelock",
    "platformdirs",
}


def modules_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_importing_the_package_and_its_rooms_brings_nothing_heavy() -> None:
    rooms = (
        "",
        ".core",
        "._support",
        ".settings",
        ".testing",
        ".llms",
        ".tools",
        ".tools.python",
        ".tools.retrieval",
        ".chains",
        ".agents",
        ".cli",
    )
    loaded = modules_after("\n".join(f"import sandreckoner{room}" for room in rooms))
    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_help_imports_fewer_than_150_modules() -> None:
    help_page = "from sandreckoner.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    loaded = modules_after(help_page)
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert len(loaded) < 150


def test_help_of_a_command_and_completion_bring_nothing_heavy() -> None:
    loaded = modules_after(
        "from sandreckoner.cli import main\nfor word in ('ask', 'eval', 'index'): main([word, '--help'])"
    )
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    offered = "import os\nos.environ |= {'_RECKON_COMPLETE': 'bash_complete', 'COMP_CWORD': '1'}\n"
    offered += "os.environ['COMP_WORDS'] = 'reckon '\nfrom sandreckoner.cli import main\nmain([])"
    assert not {name.partition(".")[0] for name in modules_after(offered)} & HEAVY


def test_asking_a_scripted_model_brings_no_runtime_and_no_framework() -> None:
    asked = "from sandreckoner.cli import main\nfrom pathlib import Path\nimport tempfile\n"
    asked += (
        "script = Path(tempfile.mkdtemp()) / 'script.txt'\nscript.write_text('```python\\nprint(4)\\n```')\n"
    )
    asked += "main(['ask', 'What is 2 + 2?', '--model', f'scripted:{script}', '--quiet'])"
    loaded = modules_after(asked)
    not_needed = HEAVY - {"rich", "platformdirs", "tenacity", "filelock", "numpy"}
    assert not {name.partition(".")[0] for name in loaded} & not_needed
    assert len(loaded) < 600

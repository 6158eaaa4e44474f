"""What may not be published: everything the engine would ignore or run wrongly, by element, with advice.

The traps are those of notes/engine.md; each has a test. `lint_files` looks at a whole set of files as it
would be in force, `lint_path` at a folder or one diagram for the command line.
"""

from engine.lint.files import lint_files
from engine.lint.finding import Finding, Known, declare_roles, known_here
from engine.lint.paths import lint_path

__all__ = ["Finding", "Known", "declare_roles", "known_here", "lint_files", "lint_path"]

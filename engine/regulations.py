"""Regulations: what is in force (engine.resolution) and what is being prepared (engine.drafts), one name."""

from engine.drafts import (
    discard_draft,
    draft_files,
    findings,
    import_folder,
    new_draft,
    publish,
    remove_file,
    revert_file,
    save_file,
    set_value,
)
from engine.resolution import (
    in_force,
    organisations,
    own_files,
    read,
    read_content,
    read_contents,
    read_definition_file,
    resolve,
    resolve_files,
    values,
)

__all__ = [
    "discard_draft",
    "draft_files",
    "findings",
    "import_folder",
    "in_force",
    "new_draft",
    "organisations",
    "own_files",
    "publish",
    "read",
    "read_content",
    "read_contents",
    "read_definition_file",
    "remove_file",
    "resolve",
    "resolve_files",
    "revert_file",
    "save_file",
    "set_value",
    "values",
]

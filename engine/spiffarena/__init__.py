"""A process model of SpiffArena becomes a regulation of ours, and what cannot come along is told by name.

Its folder holds diagrams, decision tables, `process_model.json` and two files a form: a JSON Schema and a UI
schema of react-jsonschema-form. The names of its extensions: SpiffArena's own reference, "Spiff-Flavored BPMN".
"""

from engine.spiffarena.model import Imported, import_model

__all__ = ["Imported", "import_model"]

"""The only code that imports SpiffWorkflow (LGPL-3: imported and subclassed, never copied)."""

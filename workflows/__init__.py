"""The award: its rules, tables, actions, queries and the handlers behind the diagrams."""

"""The long-memory laboratory: what recurrent networks learn, and what not, when far apart things belong together."""

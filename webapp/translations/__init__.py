"""The catalogues, one .po file a language, and what keeps them whole (`make translations`)."""

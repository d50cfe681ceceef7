"""What was generated last time, and how a new tree gets to disk: the old tree or the new one, never a mix."""

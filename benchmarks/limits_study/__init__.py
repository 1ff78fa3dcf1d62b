"""How long calls take beyond their time limit."""

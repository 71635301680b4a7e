//! Turns beats into commands.

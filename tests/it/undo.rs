//! `undo` on the program: what it takes back, what it holds, and what it refuses.

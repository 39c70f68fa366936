//! The embedded Accuro and Cloud Connect.

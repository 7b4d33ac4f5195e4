//! The addon that Node loads: glue between the TypeScript face and the rooms.

//! The schema is part of the contract: a change of it shows as a change of schema.graphql.
//!
//! `REWRITE=1 cargo test -p graphql-endpoint --test sdl` rewrites the file.

use std::path::Path;

#[test]
fn the_schema_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let sdl = graphql_endpoint::sdl();
    if std::env::var_os("REWRITE").is_some() {
        std::fs::write(&file, &sdl).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(&file).expect("schema.graphql is committed");
    assert!(
        committed == sdl,
        "schema.graphql differs; if that is meant, REWRITE=1 cargo test -p graphql-endpoint --test sdl"
    );
}

"""How the authenticator reads the map: ARNs, placeholders, sections, entries and precedence."""

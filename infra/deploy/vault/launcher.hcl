# The launcher (`bailiwick up`) has one key: it wraps the root key, from which the passwords of the database derive.

# Such keys may be made and no others: above all none that can be exported.
path "transit/keys/bw-bots.example.com-launcher-platform" {
  capabilities = ["update", "read"]
  allowed_parameters = {
    "type"                   = ["aes256-gcm96"]
    "derived"                = [true]
    "exportable"             = [false]
    "allow_plaintext_backup" = [false]
  }
}

# A rotation, and what destroys the older versions.
path "transit/keys/bw-bots.example.com-launcher-platform/*" {
  capabilities = ["update"]
  allowed_parameters = {
    "min_decryption_version" = []
    "min_encryption_version" = []
    "min_available_version"  = []
  }
}

# Without `create`, which would make a key of another kind for a name that does not exist.
path "transit/encrypt/bw-bots.example.com-launcher-platform" {
  capabilities = ["update"]
}
path "transit/decrypt/bw-bots.example.com-launcher-platform" {
  capabilities = ["update"]
}

# To know whether the sign-in is still valid, and to extend it.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}

# For `bailiwick doctor`, which compares these rights with what it needs.
path "sys/capabilities-self" {
  capabilities = ["update"]
}

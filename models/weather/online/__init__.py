"""Weather from the network: requests, payloads, their archive, and one reader per provider."""

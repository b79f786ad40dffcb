apply_seed() { hostname vagrant; }

//! inos-gateway

"""The floor: a Django project that does next to nothing, so that the portal's times can be read as multiples of it."""

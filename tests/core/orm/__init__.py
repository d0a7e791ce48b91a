"""Tests of the ORM: fields, composition, env, exact numbers, translated values, prefetch."""

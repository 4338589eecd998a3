"""Reads reports of tests (JUnit XML) and of static analysis (SARIF). Plain Python."""

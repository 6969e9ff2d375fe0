"""Schedules: the learning rate's factor at each step."""

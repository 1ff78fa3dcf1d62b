"""The study of plans that run: every cut of the digits network, predicted and measured."""

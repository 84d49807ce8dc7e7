"""Run rules on maps, and decide which findings are reported."""

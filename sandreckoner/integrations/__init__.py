"""Our sandbox inside other agent frameworks, each in one file that imports that framework alone."""

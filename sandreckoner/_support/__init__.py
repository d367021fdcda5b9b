"""What several rooms need and none of them owns: the user's folders, locks, files from elsewhere."""

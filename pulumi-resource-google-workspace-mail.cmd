@echo off
rem Windows starts no file by its #! line: there the engine looks for this name (getCandidateExtensions in its sources).
node "%~dp0pulumi-resource-google-workspace-mail" %*

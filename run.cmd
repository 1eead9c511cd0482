@echo off
rem parkcity from a fresh clone on Windows: makes .venv when needed, installs the pinned packages, then runs the command.
setlocal
set "HERE=%~dp0"
set "VENV=%HERE%.venv"
set "EXTRA="
if /i "%~1"=="test" set "EXTRA=[dev]"
if /i "%~1"=="lint" set "EXTRA=[dev]"
if /i "%~1"=="bench" set "EXTRA=[dev]"
if /i "%~1"=="docs" set "EXTRA=[dev]"
if not exist "%VENV%\Scripts\python.exe" goto install
fc /b "%HERE%constraints.txt" "%VENV%\.pins\constraints.txt" >nul 2>nul || goto install
fc /b "%HERE%pyproject.toml" "%VENV%\.pins\pyproject.toml" >nul 2>nul || goto install
if defined EXTRA if not exist "%VENV%\.pins\dev" goto install
goto ready

:install
if exist "%VENV%\Scripts\python.exe" goto packages
echo run: making a virtual environment in .venv 1>&2
py -3.13 -m venv "%VENV%" 2>nul || py -3.12 -m venv "%VENV%" 2>nul || py -3.11 -m venv "%VENV%" 2>nul || python -m venv "%VENV%"
if errorlevel 1 (
    echo run: parkcity needs Python 3.11 or newer; install it and run again. 1>&2
    exit /b 1
)
:packages
echo run: installing the pinned packages ^(a minute or two, once^) 1>&2
"%VENV%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --constraint "%HERE%constraints.txt" --editable "%HERE%.%EXTRA%" "setuptools>=77"
if errorlevel 1 exit /b 1
if not exist "%VENV%\.pins" mkdir "%VENV%\.pins"
copy /y "%HERE%constraints.txt" "%VENV%\.pins" >nul
copy /y "%HERE%pyproject.toml" "%VENV%\.pins" >nul
if defined EXTRA type nul > "%VENV%\.pins\dev"

:ready
if not defined EXTRA (
    "%VENV%\Scripts\parkcity.exe" %*
    exit /b %errorlevel%
)
set "COMMAND=%~1"
for /f "tokens=1,* delims= " %%a in ("%*") do set "REST=%%b"
pushd "%HERE%"
if /i "%COMMAND%"=="test" "%VENV%\Scripts\python.exe" -m pytest %REST%
if /i "%COMMAND%"=="bench" "%VENV%\Scripts\python.exe" -m benchmarks %REST%
if /i "%COMMAND%"=="docs" "%VENV%\Scripts\python.exe" -m parkcity.serve.docs %REST%
if /i "%COMMAND%"=="lint" "%VENV%\Scripts\ruff.exe" check . && "%VENV%\Scripts\ruff.exe" format --check . && "%VENV%\Scripts\mypy.exe" && "%VENV%\Scripts\lint-imports.exe" --no-cache
set "STATUS=%errorlevel%"
popd
exit /b %STATUS%

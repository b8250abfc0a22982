"""The pages: what Streamlit runs. Navigation and nothing else."""

from pathlib import Path

import streamlit as st

from dashboard import navigation, shell

STATIC = Path(__file__).parent / "static"

# A Material icon here would make the reader's browser ask fonts.gstatic.com for it.
st.set_page_config(page_title="Ruleloop", page_icon=str(STATIC / "icon.svg"), layout="wide")
st.logo(
    str(STATIC / f"logo-{shell.theme()}.svg"), size="large", icon_image=str(STATIC / "icon.svg")
)
shell.style()
st.navigation(navigation.groups(), expanded=True).run()

"""The Streamlit pages: read the published snapshot, append events to the journal."""

"""Sphinx's settings for the site; build.py says how it is made."""

project = "chatkit"
html_title = "chatkit"
extensions = ["myst_nb"]
root_doc = "README"
exclude_patterns = []

nb_execution_mode = "off"  # the outputs are the stored ones
myst_heading_anchors = 3  # as on GitHub
myst_enable_extensions = []  # as on GitHub: $ is a dollar
nb_ipywidgets_js = {}  # nothing from elsewhere

html_theme = "furo"
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False  # LICENSE says whose it is
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}

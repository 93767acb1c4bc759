"""The public site: a ledger as static pages. Start with `site`.

site       which parts there are, and when one must be made again
bodies, entries, overview   what is on which page
record     what they are made of: bulk queries of the read model
page       a page of blocks, and its HTML, JSON and CSV; templates/ are its templates
site_part  what is made together; where there is much, by two processes
folder     the folder: nothing is written that did not change, and a crash leaves the old site whole
words      dates and values as readers see them
"""

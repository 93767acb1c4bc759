"""The public site: a ledger as static pages. Start with `site`.

site       which parts there are, and when one must be made again
bodies, entries, overview, clocks   what is on which page
record     what they are made of: bulk queries of the read model
page       one page: its HTML, from templates/, and the same as JSON and CSV
stays      from when to when a value was so; pictures shows that as bars, which drawing draws
feeds, pack, proof   Atom feeds and the sitemap; evidence packs; what a page carries to check itself
site_part  what is made together; where there is much, by two processes
folder     the folder: nothing is written that did not change, and a crash leaves the old site whole
words      dates and values as readers see them
"""

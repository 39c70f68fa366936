"""Opens a sheet with openpyxl, says what is in it, and fills it in as a person would.

sheet.py show FILE         prints its cells, lists and frozen panes as JSON
sheet.py fill FILE OUT     fills every line in, with real date cells, and saves it
"""
import datetime
import json
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[2])
sheet = book.active
rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
start = next(at for at, row in enumerate(rows) if row[0] == "User") + 1
titles = rows[start - 1]

if sys.argv[1] == "show":
    lists = [
        {"range": str(one.sqref), "type": one.type, "formula": one.formula1}
        for one in sheet.data_validations.dataValidation
    ]
    kinds = sorted({cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None})
    names = book.sheetnames
    print(json.dumps({"rows": rows, "lists": lists, "kinds": kinds, "sheets": names, "panes": sheet.freeze_panes}))
else:
    column = {title: at + 1 for at, title in enumerate(titles)}
    line = 0
    for row in range(start + 1, sheet.max_row + 1):
        if not sheet.cell(row, 1).value:
            continue
        line += 1
        if line == 1:
            for title in ["Patient", "Scheduling", "Billing", "EMR", "Visible"]:
                sheet.cell(row, column[title]).value = "full"
            sheet.cell(row, column["Labs"]).value = True
            until = sheet.cell(row, column["Access Until"])
            until.value = datetime.date(2027, 1, 31)
            until.number_format = "dd/mm/yyyy"
        elif line == 2:
            sheet.cell(row, column["Inbox"]).value = 1
            sheet.cell(row, column["Read"]).value = "yes"
        elif line == 3:
            sheet.cell(row, column["Read"]).value = True
    read_at = next(at + 1 for at, row in enumerate(rows) if row[0] == "Read at")
    sheet.cell(read_at, 2).value = datetime.datetime(2026, 1, 5, 9, 0)
    sheet.cell(read_at + 1, 2).value = "Jane Roy"
    book.create_sheet("Notes", 0)["A1"] = "not the grid"
    book.save(sys.argv[3])

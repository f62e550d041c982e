"""Who was reached where: deliveries, phones, open screens, mailboxes that take nothing.

May call pregao.flow, wire and domain. Tested in tests/contract.
"""

create table orders (
    id text primary key, customer text not null, email text not null, phone text not null,
    delivered text, shipping_eur real not null
);
create table lines (
    order_id text not null references orders (id), piece text not null, kind text not null,
    quantity integer not null, price_eur real not null
);
create table refunds (order_id text not null, amount_eur real not null, reason text not null);
insert into orders values
    ('K1041', 'Mara Lindqvist', 'mara.lindqvist@example.org', '+46 8 5550 1234', '2026-11-10', 0.0),
    ('K1042', 'Tom Adeyemi', 'tom@example.net', '+44 20 7946 0958', '2026-09-02', 5.9),
    ('K1043', 'Ines Duarte', 'ines.duarte@example.com', '+351 21 555 0199', null, 12.9);
insert into lines values
    ('K1041', 'Headphones Arc, opened', 'electronics', 1, 129.0),
    ('K1041', 'Canvas bag', 'bags', 2, 24.5),
    ('K1042', 'Earrings Luna', 'earrings', 1, 38.0),
    ('K1043', 'Desk lamp Halo', 'electronics', 1, 64.9);

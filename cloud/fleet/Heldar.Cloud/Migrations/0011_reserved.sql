-- Nothing: the number is that of a script which never left its branch.
select 1;

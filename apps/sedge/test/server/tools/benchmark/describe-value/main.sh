# A tool in plain shell: the job file has one value on a line, so sed reads it.
set -eu
text=$(cat "$SEDGE_JOB")
field() { printf '%s' "$text" | tr -d '\n' | sed "s/.*\"$1\": *{[^}]*\"path\": *\"\([^\"]*\)\".*/\1/"; }
input=$(field of)
output=$(field report)
value=$(sed 's/.*"value": *\([0-9]*\).*/\1/' "$input/report.json")
echo "the value is $value"
printf '{"value": %s, "even": %s}' "$value" "$(( value % 2 == 0 ))" > "$output/report.json"
printf '{"metrics": {"value": %s, "even": %s}}' "$value" "$(( value % 2 == 0 ))" > "$output/metadata.json"

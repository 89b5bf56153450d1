import JOSE

/// The names of a pipe's parameters.
enum ParameterName {
    /// Names that Tinybird keeps for itself, and a pipe's template refuses (Tinybird's CLI source).
    private static let reserved: [UTF8Text] = [
        "format", "q", "__tb__csv_header", "__tb__semver", "debug_source_tables", "debug", "explain",
        "finalize_aggregations", "output_format_json_quote_64bit_integers", "output_format_json_quote_denormals",
        "output_format_parquet_string_as_string", "pipeline", "playground", "query_id", "release_replacements", "tag",
        "template_parameters", "token", "job_timestamp",
    ]

    /// - Throws: ``ScopeError`` when no pipe can have a parameter of that name, or one is in `names` already.
    static func check(_ name: UTF8Text, besides names: [UTF8Text]) throws(ScopeError) {
        guard !name.isEmpty else { throw ScopeError("has a parameter without a name: write name=value") }
        guard !reserved.contains(name) else {
            throw ScopeError(
                "sets the parameter \"\(name)\", a name that Tinybird reserves: rename it, in the pipe too")
        }
        guard !name.contains("%{") else {
            throw ScopeError("has a placeholder in a parameter's name: write the name itself")
        }
        guard !names.contains(name) else { throw ScopeError("sets the parameter \"\(name)\" twice: keep one") }
    }
}

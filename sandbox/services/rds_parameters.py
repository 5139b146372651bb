"""RDS: the parameters of an engine, of which moto has no list: it takes any name, and any way to apply it.

The names are those that people set; an engine has some hundreds more. A change of one that is not here is refused as unknown.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.services.rds_catalogue import VERSIONS

AT_ONCE = 20
# Dynamic ones take effect at once, if that is said; static ones with the next reboot.
DYNAMIC = {
    "mysql": """
        activate_all_roles_on_login auto_increment_increment auto_increment_offset autocommit automatic_sp_privileges
        binlog_cache_size binlog_checksum binlog_expire_logs_seconds binlog_format binlog_group_commit_sync_delay
        binlog_group_commit_sync_no_delay_count binlog_order_commits binlog_row_image binlog_row_metadata
        binlog_row_value_options binlog_rows_query_log_events binlog_stmt_cache_size binlog_transaction_compression
        block_encryption_mode bulk_insert_buffer_size character_set_client character_set_connection
        character_set_database character_set_filesystem character_set_results character_set_server check_proxy_users
        collation_connection collation_server completion_type concurrent_insert connect_timeout cte_max_recursion_depth
        default_password_lifetime default_storage_engine default_tmp_storage_engine default_week_format
        delay_key_write div_precision_increment end_markers_in_json eq_range_index_dive_limit event_scheduler
        explicit_defaults_for_timestamp flush_time foreign_key_checks general_log generated_random_password_length
        group_concat_max_len histogram_generation_max_mem_size host_cache_size information_schema_stats_expiry init_connect
        innodb_adaptive_flushing innodb_adaptive_flushing_lwm innodb_adaptive_hash_index innodb_autoextend_increment
        innodb_buffer_pool_dump_now innodb_buffer_pool_dump_pct innodb_buffer_pool_load_now innodb_buffer_pool_size
        innodb_change_buffer_max_size innodb_change_buffering innodb_cmp_per_index_enabled innodb_compression_level
        innodb_concurrency_tickets innodb_deadlock_detect innodb_default_row_format innodb_file_per_table
        innodb_flush_log_at_timeout innodb_flush_log_at_trx_commit innodb_flush_neighbors innodb_flushing_avg_loops
        innodb_ft_enable_stopword innodb_io_capacity innodb_io_capacity_max innodb_lock_wait_timeout
        innodb_log_buffer_size innodb_lru_scan_depth innodb_max_dirty_pages_pct innodb_max_dirty_pages_pct_lwm
        innodb_max_purge_lag innodb_max_undo_log_size innodb_monitor_enable innodb_old_blocks_pct innodb_old_blocks_time
        innodb_online_alter_log_max_size innodb_optimize_fulltext_only innodb_parallel_read_threads
        innodb_print_all_deadlocks innodb_purge_batch_size innodb_purge_rseg_truncate_frequency innodb_random_read_ahead
        innodb_read_ahead_threshold innodb_redo_log_capacity innodb_spin_wait_delay innodb_stats_auto_recalc
        innodb_stats_method innodb_stats_on_metadata innodb_stats_persistent innodb_stats_persistent_sample_pages
        innodb_stats_transient_sample_pages innodb_strict_mode innodb_sync_spin_loops innodb_table_locks
        innodb_thread_concurrency innodb_thread_sleep_delay innodb_undo_log_truncate interactive_timeout
        internal_tmp_mem_storage_engine join_buffer_size key_buffer_size lc_time_names local_infile lock_wait_timeout
        log_bin_trust_function_creators log_error_suppression_list log_error_verbosity log_output
        log_queries_not_using_indexes log_slow_admin_statements log_slow_extra log_slow_replica_statements
        log_slow_slave_statements log_throttle_queries_not_using_indexes long_query_time low_priority_updates
        mandatory_roles max_allowed_packet max_binlog_cache_size max_binlog_size max_binlog_stmt_cache_size
        max_connect_errors max_connections max_error_count max_execution_time max_heap_table_size max_join_size
        max_length_for_sort_data max_points_in_geometry max_prepared_stmt_count max_seeks_for_key max_sort_length
        max_sp_recursion_depth max_user_connections max_write_lock_count min_examined_row_limit myisam_sort_buffer_size
        net_buffer_length net_read_timeout net_retry_count net_write_timeout offline_mode old_alter_table
        optimizer_prune_level optimizer_search_depth optimizer_switch optimizer_trace password_history
        password_require_current password_reuse_interval preload_buffer_size print_identified_with_as_hex
        query_alloc_block_size query_prealloc_size range_alloc_block_size range_optimizer_max_mem_size read_buffer_size
        read_only read_rnd_buffer_size regexp_stack_limit regexp_time_limit replica_checkpoint_period
        replica_net_timeout replica_parallel_type replica_parallel_workers replica_preserve_commit_order
        replica_transaction_retries require_secure_transport rpl_read_size secure_auth server_id_bits
        session_track_gtids session_track_schema session_track_state_change show_create_table_verbosity
        slave_net_timeout slave_parallel_workers slow_launch_time slow_query_log sort_buffer_size source_verify_checksum
        sql_mode sql_require_primary_key sql_safe_updates stored_program_cache sync_binlog sync_frm
        sync_relay_log table_definition_cache table_open_cache temptable_max_mmap temptable_max_ram thread_cache_size time_zone
        tls_version tmp_table_size transaction_alloc_block_size transaction_isolation transaction_prealloc_size
        unique_checks updatable_views_with_limit wait_timeout windowing_use_high_precision xa_detach_on_prepare
    """,
    "postgres": """
        array_nulls authentication_timeout auto_explain.log_analyze auto_explain.log_buffers auto_explain.log_format
        auto_explain.log_min_duration auto_explain.log_nested_statements auto_explain.log_timing auto_explain.log_triggers
        auto_explain.log_verbose auto_explain.sample_rate autovacuum autovacuum_analyze_scale_factor
        autovacuum_analyze_threshold autovacuum_naptime autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit
        autovacuum_vacuum_insert_scale_factor autovacuum_vacuum_insert_threshold autovacuum_vacuum_scale_factor
        autovacuum_vacuum_threshold autovacuum_work_mem backend_flush_after backslash_quote bgwriter_delay
        bgwriter_flush_after bgwriter_lru_maxpages bgwriter_lru_multiplier bytea_output check_function_bodies
        checkpoint_completion_target checkpoint_flush_after checkpoint_timeout checkpoint_warning client_encoding
        client_min_messages commit_delay commit_siblings constraint_exclusion cpu_index_tuple_cost cpu_operator_cost
        cpu_tuple_cost cursor_tuple_fraction datestyle deadlock_timeout debug_pretty_print default_statistics_target
        default_tablespace default_toast_compression default_transaction_deferrable default_transaction_isolation
        default_transaction_read_only effective_cache_size effective_io_concurrency enable_bitmapscan enable_gathermerge
        enable_hashagg enable_hashjoin enable_indexonlyscan enable_indexscan enable_material enable_memoize
        enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
        enable_partitionwise_aggregate enable_partitionwise_join enable_seqscan enable_sort enable_tidscan
        escape_string_warning exit_on_error extra_float_digits force_parallel_mode from_collapse_limit geqo
        geqo_effort geqo_threshold gin_fuzzy_search_limit gin_pending_list_limit hash_mem_multiplier hot_standby_feedback
        idle_in_transaction_session_timeout idle_session_timeout intervalstyle jit jit_above_cost
        jit_inline_above_cost jit_optimize_above_cost join_collapse_limit lc_messages lc_monetary lc_numeric lc_time
        lock_timeout log_autovacuum_min_duration log_checkpoints log_connections log_disconnections log_duration
        log_error_verbosity log_executor_stats log_hostname log_lock_waits log_min_duration_sample
        log_min_duration_statement log_min_error_statement log_min_messages log_parameter_max_length
        log_parameter_max_length_on_error log_parser_stats log_planner_stats log_recovery_conflict_waits
        log_replication_commands log_rotation_age log_rotation_size log_startup_progress_interval log_statement
        log_statement_sample_rate log_statement_stats log_temp_files log_transaction_sample_rate
        logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem max_parallel_maintenance_workers
        max_parallel_workers max_parallel_workers_per_gather max_slot_wal_keep_size max_stack_depth
        max_standby_archive_delay max_standby_streaming_delay max_sync_workers_per_subscription max_wal_size
        min_parallel_index_scan_size min_parallel_table_scan_size min_wal_size parallel_leader_participation
        parallel_setup_cost parallel_tuple_cost password_encryption pg_stat_statements.save pg_stat_statements.track
        pg_stat_statements.track_planning pg_stat_statements.track_utility pgaudit.log pgaudit.log_catalog
        pgaudit.log_level pgaudit.log_parameter pgaudit.log_relation pgaudit.log_statement_once pgaudit.role plan_cache_mode
        plpgsql.extra_errors plpgsql.extra_warnings plpgsql.variable_conflict quote_all_identifiers random_page_cost
        rds.accepted_password_auth_method rds.adaptive_autovacuum rds.force_admin_logging_level rds.force_autovacuum_logging_level
        rds.force_ssl rds.log_retention_period rds.rds_superuser_reserved_connections rds.restrict_password_commands
        recovery_prefetch restart_after_crash row_security search_path seq_page_cost session_replication_role
        ssl_ciphers ssl_max_protocol_version ssl_min_protocol_version standard_conforming_strings statement_timeout
        stats_fetch_consistency synchronize_seqscans synchronous_commit tcp_keepalives_count tcp_keepalives_idle
        tcp_keepalives_interval tcp_user_timeout temp_buffers temp_file_limit temp_tablespaces timezone track_activities
        track_counts track_functions track_io_timing track_wal_io_timing transaction_isolation transform_null_equals
        update_process_title vacuum_buffer_usage_limit vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit
        vacuum_cost_page_miss vacuum_failsafe_age vacuum_freeze_min_age vacuum_freeze_table_age
        vacuum_multixact_failsafe_age vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age wal_compression
        wal_keep_size wal_receiver_create_temp_slot wal_receiver_status_interval wal_receiver_timeout wal_sender_timeout
        wal_writer_delay wal_writer_flush_after work_mem xmlbinary xmloption
    """,
}
STATIC = {
    "mysql": """
        allow-suspicious-udfs authentication_policy back_log default_authentication_plugin disabled_storage_engines
        enforce_gtid_consistency ft_max_word_len ft_min_word_len ft_query_expansion_limit gtid-mode gtid_mode
        innodb_autoinc_lock_mode innodb_buffer_pool_chunk_size innodb_buffer_pool_dump_at_shutdown
        innodb_buffer_pool_instances innodb_buffer_pool_load_at_startup innodb_dedicated_server innodb_doublewrite
        innodb_flush_method innodb_ft_cache_size innodb_ft_max_token_size innodb_ft_min_token_size
        innodb_ft_sort_pll_degree innodb_ft_total_cache_size innodb_log_file_size innodb_open_files innodb_page_cleaners
        innodb_purge_threads innodb_read_io_threads innodb_rollback_on_timeout innodb_sort_buffer_size
        innodb_sync_array_size innodb_use_native_aio innodb_write_io_threads key_cache_block_size large_pages log_bin_use_v1_row_events
        log_replica_updates log_slave_updates lower_case_table_names max_digest_length ngram_token_size open_files_limit
        performance_schema performance_schema_digests_size performance_schema_events_statements_history_size
        performance_schema_max_digest_length performance-schema-instrument relay_log_recovery replica_load_tmpdir
        skip_external_locking skip_name_resolve skip_show_database skip-character-set-client-handshake
        sysdate_is_now table_open_cache_instances thread_handling thread_stack
    """,
    "postgres": """
        autovacuum_freeze_max_age autovacuum_max_workers autovacuum_multixact_freeze_max_age cron.database_name
        cron.log_statement cron.max_running_jobs cron.use_background_workers huge_pages ignore_invalid_pages
        max_connections max_files_per_process max_locks_per_transaction max_logical_replication_workers
        max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_wal_senders
        max_worker_processes min_dynamic_shared_memory old_snapshot_threshold pg_prewarm.autoprewarm
        pg_stat_statements.max rds.logical_replication session_preload_libraries shared_buffers
        shared_preload_libraries superuser_reserved_connections track_activity_query_size track_commit_timestamp
        wal_buffers
    """,
}
FIXED = {
    "mysql": "basedir datadir innodb_data_home_dir log_bin pid_file plugin_dir port secure_file_priv server_id socket tmpdir",
    "postgres": "config_file data_directory fsync full_page_writes hba_file listen_addresses port ssl wal_level",
}
# The values of some.
VALUES = {
    "log_output": "(TABLE|FILE|NONE)(,(TABLE|FILE|NONE))*",
    "long_query_time": r"\d+(\.\d+)?",
    "rds.force_ssl": "[01]",
    "require_secure_transport": "[01]|ON|OFF",
    "slow_query_log": "[01]|ON|OFF",
}


def _catalogue(family: str | None) -> dict[str, dict[str, Any]]:
    """What parameters there are, by name; `{}` for an engine of which nothing is known here."""
    engine = re.sub(r"[\d.]+$", "", family or "")
    kinds = (("dynamic", DYNAMIC, True), ("static", STATIC, True), ("static", FIXED, False))
    return {
        name: {"ParameterName": name, "ApplyType": kind, "Source": "engine-default", "IsModifiable": modifiable}
        for kind, names, modifiable in kinds
        for name in names.get(engine, "").split()
    }


def _group(call: Call) -> Any:
    """The group, or AWS's refusal."""
    name = call.params["DBParameterGroupName"]
    call.ask("DescribeDBParameterGroups", {"DBParameterGroupName": name})
    return call.backend().db_parameter_groups[name.lower()]


@around("rds", "CreateDBParameterGroup")
def refuse_family(call: Call, forward: Forward) -> Answer:
    """One that a version has that can be created."""
    family = call.params["DBParameterGroupFamily"]
    known = {known for majors in VERSIONS.values() for _minors, known in majors.values()}
    if family.startswith(tuple(VERSIONS)) and family not in known:
        message = f"ParameterGroupFamily {family} is not a valid parameter group family"
        raise AwsError("InvalidParameterValue", message)
    forward()
    return None


@around("rds", "DescribeDBParameters")
def describe_parameters(call: Call, forward: Forward) -> Answer:
    """All that the engine has; those of the user are changed."""
    found, source = forward(), call.params.get("Source")
    own = {each["ParameterName"]: {**each, "Source": "user"} for each in found["Parameters"]}
    every = _catalogue(_group(call).family)
    whole = {name: every.get(name, {}) | own.get(name, {}) for name in {**every, **own}}
    return {"Parameters": [each for each in whole.values() if source in (None, each["Source"])]}


@around("rds", "ModifyDBParameterGroup", "ResetDBParameterGroup")
def refuse_parameters(call: Call, forward: Forward) -> Answer:
    """Twenty a call, that there are and can be set; static ones wait for the reboot."""
    every, given = _catalogue(_group(call).family), call.params.get("Parameters") or []
    if len(given) > AT_ONCE:
        message = f"The number of parameters in a request must not exceed {AT_ONCE}"
        raise AwsError("InvalidParameterValue", message)
    for parameter in given if every else ():
        name, value = parameter.get("ParameterName", ""), parameter.get("ParameterValue")
        if name not in every:
            raise AwsError("InvalidParameterValue", f"Could not find parameter with name: {name}")
        if not every[name]["IsModifiable"]:
            raise AwsError("InvalidParameterValue", f"The parameter {name} cannot be modified.")
        if value is not None and not re.fullmatch(VALUES.get(name, ".*"), value):
            message = f"Invalid parameter value: {value} for: {name} allowed values are: {VALUES[name]}"
            raise AwsError("InvalidParameterValue", message)
        if "ApplyMethod" not in parameter:
            message = f"The parameter ApplyMethod must be provided for {name}"
            raise AwsError("InvalidParameterValue", message)
        if parameter["ApplyMethod"] == "immediate" and every[name]["ApplyType"] == "static":
            message = "cannot use immediate apply method for static parameter"
            raise AwsError("InvalidParameterCombination", message)
    return _reset(call) if call.operation == "ResetDBParameterGroup" else forward()


def _reset(call: Call) -> Answer:
    """The named parameters, or all, go back to the engine's defaults; moto can't."""
    group = _group(call)
    named = [parameter["ParameterName"] for parameter in call.params.get("Parameters", [])]
    for key in named or list(group.parameters):
        group.parameters.pop(key, None)
    return {"DBParameterGroupName": group.name}

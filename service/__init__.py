"""Shenbao (申报): government declaration procedures as BPMN diagrams with DMN decisions and forms."""

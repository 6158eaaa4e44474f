"""The processes of the benchmarks: fourteen completions with a vote of eleven, and a loop of rework."""

from __future__ import annotations

MEMBERS = 11
COMPLETIONS = MEMBERS + 3

BPMN = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://thidua.bench">
<bpmn:process id="bench" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="clerk" name="clerk">
    <bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>b</bpmn:flowNodeRef>
    <bpmn:flowNodeRef>c</bpmn:flowNodeRef><bpmn:flowNodeRef>vote</bpmn:flowNodeRef>
  </bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="begin"/>
  <bpmn:userTask id="a" name="A"/>
  <bpmn:exclusiveGateway id="choice" default="to_b"/>
  <bpmn:userTask id="b" name="B"/>
  <bpmn:userTask id="vote" name="Vote">
    <bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="assignee" value="member"/>
    </spiffworkflow:properties></bpmn:extensionElements>
    <bpmn:multiInstanceLoopCharacteristics isSequential="false">
      <bpmn:loopDataInputRef>members</bpmn:loopDataInputRef>
      <bpmn:inputDataItem id="member" name="member"/>
    </bpmn:multiInstanceLoopCharacteristics>
  </bpmn:userTask>
  <bpmn:scriptTask id="tally"><bpmn:script>counted = len(members)</bpmn:script></bpmn:scriptTask>
  <bpmn:userTask id="c" name="C"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="a"/>
  <bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="choice"/>
  <bpmn:sequenceFlow id="to_b" sourceRef="choice" targetRef="b"/>
  <bpmn:sequenceFlow id="to_c" sourceRef="choice" targetRef="c">
    <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">skip</bpmn:conditionExpression>
  </bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="vote"/>
  <bpmn:sequenceFlow id="f4" sourceRef="vote" targetRef="tally"/>
  <bpmn:sequenceFlow id="f5" sourceRef="tally" targetRef="c"/>
  <bpmn:sequenceFlow id="f6" sourceRef="c" targetRef="done"/>
</bpmn:process>
</bpmn:definitions>
"""

LOOP = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://thidua.bench">
<bpmn:process id="bench" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="clerk" name="clerk">
    <bpmn:flowNodeRef>draft</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="begin"/>
  <bpmn:exclusiveGateway id="entered"/>
  <bpmn:userTask id="draft" name="Draft"/>
  <bpmn:exclusiveGateway id="choice" default="good"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="entered"/>
  <bpmn:sequenceFlow id="f2" sourceRef="entered" targetRef="draft"/>
  <bpmn:sequenceFlow id="f3" sourceRef="draft" targetRef="choice"/>
  <bpmn:sequenceFlow id="back" sourceRef="choice" targetRef="entered">
    <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">again</bpmn:conditionExpression>
  </bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="good" sourceRef="choice" targetRef="done"/>
</bpmn:process>
</bpmn:definitions>
"""
